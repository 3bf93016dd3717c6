// What `npm start` runs: builds the console when its sources changed, then hands over to the command line with all arguments.
// A build that fails stops nothing: the server says so on its page and serves the API.
try {
  // The bundler is a development dependency: without it the console that is there is served as it is.
  const { buildConsole } = await import('./build-console.ts');
  if (await buildConsole()) process.stderr.write('sallyport: the console was built\n');
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sallyport: the console could not be built, the server starts without: ${reason}\n`);
}
await import('../cli/src/main.ts');
