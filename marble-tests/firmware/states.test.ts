/** What each Write and Execute of a server does in each State (LwM2M Core §E.6, Resources 5/0/0-5/0/5). */
import { NEVER } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { execute, octets, packaged, played, read, textOf, uri } from './device.ts'

const nul = packaged(Uint8Array.of(0))
const reached: Readonly<Record<string, readonly ManagementOperation[]>> = {
  'Idle (0)': [],
  'Downloading (1)': [uri('coap://files/f')],
  'Downloaded (2)': [packaged(octets('image'))],
  'Updating (3)': [packaged(octets('image')), execute],
}
const asked: Readonly<Record<string, ManagementOperation>> = {
  'a Package URI': uri('coap://files/other'),
  'an empty Package URI': uri(''),
  'what is no URI': uri('firmware.bin'),
  'a URI whose scheme is not spoken': uri('ftp://files/f'),
  'a Package': packaged(octets('other')),
  'a Package of one NUL': nul,
  'an empty Package': packaged(new Uint8Array(0)),
  'Execute Update': execute,
}
/** The answer, State/Result after it, the URI after it. */
const table: Readonly<Record<string, Readonly<Record<string, readonly [code: string, state: string, uri: string]>>>> = {
  'Idle (0)': {
    'a Package URI': ['2.04', '1/0', 'coap://files/other'],
    'an empty Package URI': ['2.04', '0/0', ''],
    'what is no URI': ['4.00', '0/7', ''],
    'a URI whose scheme is not spoken': ['4.00', '0/9', ''],
    'a Package': ['2.04', '2/0', ''],
    'a Package of one NUL': ['2.04', '0/0', ''],
    'an empty Package': ['2.04', '0/0', ''],
    'Execute Update': ['4.05', '0/0', ''],
  },
  'Downloading (1)': {
    'a Package URI': ['4.05', '1/0', 'coap://files/f'],
    'an empty Package URI': ['2.04', '0/0', ''],
    'what is no URI': ['4.05', '1/0', 'coap://files/f'],
    'a URI whose scheme is not spoken': ['4.05', '1/0', 'coap://files/f'],
    'a Package': ['4.05', '1/0', 'coap://files/f'],
    'a Package of one NUL': ['2.04', '0/0', ''],
    'an empty Package': ['2.04', '0/0', ''],
    'Execute Update': ['4.05', '1/0', 'coap://files/f'],
  },
  'Downloaded (2)': {
    'a Package URI': ['4.05', '2/0', ''],
    'an empty Package URI': ['2.04', '0/0', ''],
    'what is no URI': ['4.05', '2/0', ''],
    'a URI whose scheme is not spoken': ['4.05', '2/0', ''],
    'a Package': ['4.05', '2/0', ''],
    'a Package of one NUL': ['2.04', '0/0', ''],
    'an empty Package': ['2.04', '0/0', ''],
    'Execute Update': ['2.04', '3/0', ''],
  },
  'Updating (3)': {
    'a Package URI': ['4.05', '3/0', ''],
    'an empty Package URI': ['4.05', '3/0', ''],
    'what is no URI': ['4.05', '3/0', ''],
    'a URI whose scheme is not spoken': ['4.05', '3/0', ''],
    'a Package': ['4.05', '3/0', ''],
    'a Package of one NUL': ['4.05', '3/0', ''],
    'an empty Package': ['4.05', '3/0', ''],
    'Execute Update': ['4.05', '3/0', ''],
  },
}

describe.each(Object.entries(reached))('in State %s', (state, before) => {
  test.each(Object.entries(asked))('%s is answered and leads on as the State table says [LwM2M Core §E.6]', (what, operation) => {
    const { answers, stored, resets } = played([...before, operation, read], { options: () => ({ install: () => NEVER }) })
    const [code, after, text] = table[state]![what]!
    const [answer, then] = answers.slice(-2)
    expect([answer?.code, then?.state, then?.uri]).toEqual([code, after, text])
    // What a server resets is let go of; what it may not is kept.
    expect(textOf(stored)).toBe(/^[23]/.test(after) ? (state === 'Idle (0)' ? 'other' : 'image') : '')
    expect(resets.length).toBe(code === '2.04' && after === '0/0' ? 1 : 0)
  })
})
