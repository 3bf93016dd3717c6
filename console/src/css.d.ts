declare module '*.css';
/** The address of a worker as a file of its own, relative to the module that imports it. */
declare module 'worker:*' {
  const address: string;
  export default address;
}
