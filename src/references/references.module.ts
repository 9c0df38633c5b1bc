import { Module } from '@nestjs/common';
import { ReferenceLookup } from './reference-lookup.js';
import { REFERENCE_RULES } from './reference-rules.js';

/** Validators that look up in the database whether the references of a request exist in its organization. */
@Module({ providers: [ReferenceLookup, ...REFERENCE_RULES] })
export class ReferencesModule {}
