/** The engine on Node: what `lwm2m-rx/node` offers. */
export { fileSink, fileSource } from './body.ts'
export { crypto, entropy } from './crypto.ts'
export { dns } from './dns.ts'
export { files } from './files.ts'
export { http } from './http.ts'
export { live, monotonic, type LiveOptions } from './live.ts'
export { tcp } from './tcp.ts'
export { udp } from './udp.ts'
