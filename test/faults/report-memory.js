/** Preloaded into the service: on SIGUSR2 it collects garbage and prints the bytes in use. */
process.on('SIGUSR2', () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`memory in use: ${heapUsed + external} bytes`);
});
