/** Returns the URL of a service that listens on the host and port, such as `http://127.0.0.1:3000`. */
export function baseUrl(host: string, port: number): string {
  return `http://${hostInUrl(host)}:${String(port)}`;
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
