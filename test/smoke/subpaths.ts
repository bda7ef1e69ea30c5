/** The parts of the package that stand by themselves: formats, Objects, the simulation. */
import assert from 'node:assert/strict'
import { decode, encode, isFault } from 'lwm2m-rx/format'
import { parseObjectXml, registry, resolve } from 'lwm2m-rx/objects'
import { world } from 'lwm2m-rx/simulation'

const octets = encode(11542, [{ path: '/3/0/9', type: 'integer', value: 100 }], { path: '/3/0', model: registry })
assert(octets instanceof Uint8Array)
assert.equal(Buffer.from(octets).toString('hex'), 'c10964')
const nodes = decode(11542, octets, { path: '/3/0', model: registry })
assert(!isFault(nodes))
assert.deepEqual(nodes, [{ path: '/3/0/9', type: 'integer', value: 100 }])
assert.equal(resolve(3, '1.0')?.version, '1.0')
assert.equal(parseObjectXml('<LWM2M></LWM2M>').definitions.length, 0)
assert.equal(world(1).now(), 0)
console.log('lwm2m-rx/format, /objects and /simulation stand by themselves')
