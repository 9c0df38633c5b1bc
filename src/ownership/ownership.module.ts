import { Module } from '@nestjs/common';
import { OwnedReferences } from './owned-references.js';
import { OWNERSHIP_RULES } from './ownership-rules.js';

/** Validators that ask the database whether what a request refers to is the caller's own. */
@Module({ providers: [OwnedReferences, ...OWNERSHIP_RULES] })
export class OwnershipModule {}
