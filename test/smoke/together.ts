/** The README's server and device in one process: ends well once the device is registered and its temperature was notified. */
const said: string[] = []
const print = console.log
const wanted = [/^device: registered/, /^server: registered urn:dev:ops:1234-thermometer-1$/, /^server: \/3303\/0\/5700 \d+(\.\d+)?$/]
console.log = (...words: unknown[]): void => {
  said.push(words.map(String).join(' '))
  print(...words)
  // Twice: the second temperature is a notification.
  if (wanted.every((line) => said.some((one) => line.test(one))) && said.filter((one) => wanted[2]!.test(one)).length > 1) process.exit(0)
}
setTimeout(() => {
  console.error(`not in 20 s: ${wanted.filter((line) => !said.some((one) => line.test(one))).join(' ') || 'a second temperature'}`)
  process.exit(1)
}, 20_000)

for (const part of ['server', 'device']) await import(`./${part}.js`)

export {}
