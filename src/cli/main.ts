import { enableDiskCompileCache } from '../common/compile-cache.js';

enableDiskCompileCache();
await import('./run.js');
