/** Whole worlds from a seed, `lwm2m-rx/simulation`: nodes, networks with faults, stores and clocks, in virtual time. */
export type { Faults } from '../datagram/faults.ts'
export { digests } from './digest.ts'
export { nat, type Nat, type NatOptions } from './nat.ts'
export { network, type Host, type Network, type NetworkOptions } from './network.ts'
export { everySeed, misfortunes, scenario, type Misfortunes, type Scene } from './scenario.ts'
export { bytesSource, memory, type Stored } from './storage.ts'
export { virtualScheduler, type VirtualScheduler } from './virtual.ts'
export { world, type Node, type NodeOptions, type Program, type World, type WorldOptions } from './world.ts'
