/** The numbers of missing blocks as a payload: `application/missing-blocks+cbor-seq` (RFC 9177 §5). */

/** Its Content-Format (RFC 9177 §12.3). */
export const missingBlocksFormat = 272

/** The numbers as CBOR unsigned integers, one after the other. */
export const encodeMissing = (nums: readonly number[]): Uint8Array => {
  const octets: number[] = []
  for (const num of nums)
    if (num < 24) octets.push(num)
    else if (num < 0x100) octets.push(0x18, num)
    else if (num < 0x10000) octets.push(0x19, num >> 8, num & 255)
    else octets.push(0x1a, num >>> 24, (num >> 16) & 255, (num >> 8) & 255, num & 255)
  return Uint8Array.from(octets)
}

/** What the peer misses; `undefined` for anything but ascending numbers, which is dropped in silence (RFC 9177 §5). */
export const decodeMissing = (bytes: Uint8Array): readonly number[] | undefined => {
  const nums: number[] = []
  for (let at = 0; at < bytes.length;) {
    const head = bytes[at++]!
    const length = head < 24 ? 0 : lengths[head - 24]
    if (length === undefined || at + length > bytes.length) return undefined
    let num = length === 0 ? head : 0
    for (let i = 0; i < length; i++) num = num * 256 + bytes[at++]!
    if (nums.length > 0 && num <= nums[nums.length - 1]!) return undefined
    nums.push(num)
  }
  return nums.length === 0 ? undefined : nums
}
/** Octets after the head 24 to 27. */
const lengths: readonly (number | undefined)[] = [1, 2, 4, 8]
