/** Programs of others as peers: started on free ports of loopback, awaited, stopped by their own process. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A port that was free for UDP and TCP a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  const socket = createSocket('udp4')
  const free = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => resolve(true))
  })
  socket.close()
  return free ? port : freePort()
}

/** An empty folder and how to be rid of it. */
export const folder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'lwm2m-rx-interop-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A peer that serves until it is stopped. */
export interface Peer {
  readonly process: ChildProcess
  /** What it has said so far. */
  readonly said: () => string
  readonly stop: () => Promise<void>
}

/** Starts a peer and waits until `ready` is true; fails, with what it said, when it ends or is not ready in time. */
export const serve = async (
  command: string,
  args: readonly string[],
  cwd: string,
  ready: (said: string) => Promise<boolean>,
  withinMs = 10_000,
): Promise<Peer> => {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  const hear = (piece: Buffer) => (said = (said + piece.toString('latin1')).slice(-20_000))
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  let ended: string | undefined
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => resolve(void (ended = error.message)))
    child.once('exit', (code, signal) => resolve(void (ended ??= `ended with ${code ?? signal}`)))
  })
  // A test run that dies takes its peers along.
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  void end.then(() => process.off('exit', orphan))
  const stop = async () => {
    if (ended !== undefined) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 3_000)
    await end
    clearTimeout(late)
  }
  const until = Date.now() + withinMs
  while (!(await ready(said))) {
    if (ended !== undefined || Date.now() > until) {
      await stop()
      throw new Error(`${command} ${args.join(' ')}: ${ended ?? 'not ready in time'}\n${said}`)
    }
    await pause(50)
  }
  return { process: child, said: () => said, stop }
}

/** What a program said until it ended. */
export interface Ended {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end. */
export const run = (
  command: string,
  args: readonly string[],
  { input, cwd }: { readonly input?: Uint8Array | string; readonly cwd?: string } = {},
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (piece: Buffer) => out.push(piece))
    child.stderr.on('data', (piece: Buffer) => err.push(piece))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Octets of which each can be told from its neighbours, the same every time. */
export const octets = (size: number, salt = 1): Uint8Array => {
  const bytes = new Uint8Array(size)
  let x = salt
  for (let i = 0; i < size; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = x >>> 24
  }
  return bytes
}
export const mebibyte: number = 1 << 20
