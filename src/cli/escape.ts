/** Text from strangers on a terminal: nothing in it moves the cursor, colours, or turns what is read around. */

/** In double quotes, as JSON writes it; control and formatting characters as `\uXXXX`. */
export const quoted = (text: string): string => plain(JSON.stringify(text))

/** One line of harmless characters. */
export const plain = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e007f}]/gu,
    (letter) => Array.from({ length: letter.length }, (_, at) => `\\u${letter.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
