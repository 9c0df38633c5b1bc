/** Preloaded into a service by a test: at SIGUSR2 it says how many bytes it holds after a garbage collection. */
process.on('SIGUSR2', () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`memory held: ${heapUsed + external} bytes`);
});
