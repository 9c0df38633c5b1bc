import { keepCompiledCode } from './common/compile-cache.js';

keepCompiledCode();
const { startService } = await import('./service.js');
await startService();
