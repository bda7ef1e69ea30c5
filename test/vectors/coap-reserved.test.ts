/** Reserved nibbles of options, with all the octets that they would need if they meant what they say (RFC 7252 §3.1). */
import { expect, test } from 'vitest'
import { decode } from '../../src/message/decode.ts'

const reserved: readonly (readonly [what: string, option: readonly number[]])[] = [
  ['length 15 with fifteen octets behind it', [0xbf, ...new Uint8Array(15).fill(0x61)]],
  ['delta 15 with an octet behind it', [0xf1, 0x61]],
  ['length 15 after a sound one', [0xb1, 0x61, 0x1f, ...new Uint8Array(15).fill(0x61)]],
]
for (const [what, option] of reserved)
  test(`an option of ${what} is a format error [RFC 7252 §3.1]`, () => {
    const bytes = Uint8Array.from([0x40, 0x01, 0x7d, 0x34, ...option])
    expect(decode({ type: 'datagram', remote: 'coap://10.0.0.2:5683', bytes })).toMatchObject({ type: 'malformed', reason: 'option' })
  })
