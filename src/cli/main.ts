import { keepCompiledCode } from '../common/compile-cache.js';

keepCompiledCode();
await import('./run.js');
