import { Module } from '@nestjs/common';
import { ReferenceLookup } from './references.service.js';
import { REFERENCE_RULES } from './reference-rules.js';

/** Validators that ask the database whether what a request refers to is the caller's own. */
@Module({ providers: [ReferenceLookup, ...REFERENCE_RULES] })
export class ReferencesModule {}
