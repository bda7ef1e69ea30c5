/** What a download may go on with: the same file only (RFC 7959 §2.4; RFC 9110 §13.1.5). */
import { expect, test } from 'vitest'
import { misfit, nowhere, resumable } from '../../src/firmware/download/file.ts'

const roomy = { bytesMax: Infinity, room: Infinity }
const tag = (octet: number) => Uint8Array.of(octet)

test('a download goes on in the same file only: another entity tag, or none, begins anew', () => {
  const place = { ...nowhere, bytes: 2_048, etag: tag(1) }
  expect(resumable(place)).toBe(2_048)
  expect(misfit(place, 2_048, { size: 4_096, etag: tag(1) }, roomy)).toBeUndefined()
  expect(misfit(place, 2_048, { size: 4_096, etag: tag(2) }, roomy)).toMatchObject({ code: 'changed' })
  expect(misfit(place, 2_048, { size: 4_096 }, roomy)).toMatchObject({ code: 'changed' })
  expect(misfit(place, 0, { size: 4_096, etag: tag(2) }, roomy)).toBeUndefined()
  expect(resumable({ ...place, etag: undefined })).toBe(0)
})

test('a file that is larger than the limit, or than the room there is, is refused by what the server tells of it', () => {
  const refused = (size: number | undefined, bytesMax: number, room: number) => {
    const wrong = misfit(nowhere, 0, { size }, { bytesMax, room })
    return wrong === undefined ? undefined : [wrong.code, wrong.cause]
  }
  expect(refused(4_096, 4_095, Infinity)).toEqual(['too-large', undefined])
  expect(refused(4_096, Infinity, 4_095)).toEqual(['too-large', 2])
  expect(refused(4_096, 4_096, 4_096)).toBeUndefined()
  expect(refused(undefined, 1, 1)).toBeUndefined()
})
