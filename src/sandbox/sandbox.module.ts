import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { SandboxService } from './sandbox.service.js';

@Module({ imports: [OrganizationsModule], providers: [SandboxService] })
export class SandboxModule {}
