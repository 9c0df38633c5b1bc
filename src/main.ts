import { enableDiskCompileCache } from './common/compile-cache.js';

enableDiskCompileCache();
const { startService } = await import('./service.js');
await startService();
