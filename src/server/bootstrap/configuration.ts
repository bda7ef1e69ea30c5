/** What a client is to be given by bootstrap (LwM2M Core 1.2.2 §6.1.2, §E.1, §E.2, §E.3). */
import type { Observable } from 'rxjs'
import type { Secret } from '../../core/secret.ts'
import type { PathString } from '../../model/path.ts'
import type { Value, Values } from '../../model/value.ts'

/** A value, or octets that no log may show. */
export type Given = Value | Values | Secret
/** Values by ID, as deep as need be. */
export interface GivenTree {
  readonly [id: number]: Given | GivenTree
}

/** One server that the client is to register with: an Instance of the Security Object and one of the Server Object, under one number. */
export interface ServerAccount {
  /** `coap://host:port`, `coaps://…`, `coap+tcp://…`, at most 255 characters. */
  readonly uri: string
  /** 1-65534, another for each server. */
  readonly shortServerId: number
  /** For `coaps://`: who the client is there, and its key. Absent: no security. */
  readonly psk?: { readonly identity: string | Uint8Array; readonly key: Secret }
  /** Default 86400. */
  readonly lifetimeSeconds?: number
  /** Letters of the transports. Default: U, or T for a `coap+tcp://` URI. */
  readonly binding?: string
  /** The number of both Instances. Default: the lowest that the bootstrap account does not have. */
  readonly instance?: number
  /** Further Resources of the Security Object Instance, by ID. */
  readonly security?: Readonly<Record<number, Given>>
  /** Further Resources of the Server Object Instance, by ID: 17-20 are how often it tries, 23 is Mute Send. */
  readonly server?: Readonly<Record<number, Value | Values>>
}

/** Who may do what with an Object Instance: an Instance of the Access Control Object (LwM2M Core §8, §E.3). */
export interface AccessControl {
  readonly object: number
  /** 65535: the right to Create Instances. */
  readonly instance: number
  /** Short Server ID of the owner; 65535: bootstrap's. */
  readonly owner: number
  /** Bits by Short Server ID: 1 Read, Observe and Write-Attributes, 2 Write, 4 Execute, 8 Delete, 16 Create; 0 is everybody else. */
  readonly rights: Readonly<Record<number, number>>
}

/** All that one client is given, in this order: what is deleted, the accounts, the rights, everything else. */
export interface BootstrapConfiguration {
  readonly servers: readonly ServerAccount[]
  readonly accessControls?: readonly AccessControl[]
  /** Further Object Instances or Resources, each one Bootstrap-Write. */
  readonly writes?: readonly { readonly path: PathString; readonly content: Given | GivenTree }[]
  /** What goes first. Default: `/0` and `/1`, and `/2` when there are access controls. The client keeps the bootstrap account and /3/0 in any case. */
  readonly deletes?: readonly PathString[]
  /** LwM2M 1.2: `false` answers a Bootstrap-Pack-Request with 4.05; the client then asks the other way. */
  readonly pack?: boolean
}

/** Where a bootstrap server looks configurations up. `undefined`, or an end without a value: the endpoint is not known. It may take its time. */
export interface BootstrapStore {
  readonly configurationOf: (endpointClientName: string) => Observable<BootstrapConfiguration | undefined>
}
