/** The cipher suites with pre-shared keys, as data (RFC 5487, RFC 6655, RFC 5489). */
import type { AeadCipher } from '../../core/ports.ts'

/** How records are protected. */
export type SuiteName =
  | 'TLS_PSK_WITH_AES_128_CCM_8'
  | 'TLS_PSK_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256'
  | 'TLS_PSK_WITH_AES_128_CBC_SHA256'

export interface Suite {
  readonly code: number
  readonly cipher: AeadCipher | 'aes-128-cbc'
  /** Whether the key also depends on an ephemeral key agreement (RFC 5489). */
  readonly ephemeral: boolean
}

export const suites: Readonly<Record<SuiteName, Suite>> = {
  TLS_PSK_WITH_AES_128_CCM_8: { code: 0xc0a8, cipher: 'aes-128-ccm-8', ephemeral: false },
  TLS_PSK_WITH_AES_128_GCM_SHA256: { code: 0x00a8, cipher: 'aes-128-gcm', ephemeral: false },
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: { code: 0xc037, cipher: 'aes-128-cbc', ephemeral: true },
  TLS_PSK_WITH_AES_128_CBC_SHA256: { code: 0x00ae, cipher: 'aes-128-cbc', ephemeral: false },
}

/** The suite of that number, if we know it. */
export const suiteOf = (code: number): SuiteName | undefined => byCode.get(code)
const byCode: ReadonlyMap<number, SuiteName> = new Map(Object.entries(suites).map(([name, { code }]) => [code, name as SuiteName]))
