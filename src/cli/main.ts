#!/usr/bin/env node
/** The command line: `lwm2m-rx bootstrap-server | demo | client | server | coap | decode | encode | firmware | keys | objects`. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { bootstrapServerCommand } from './bootstrap-server.ts'
import { clientCommand } from './client.ts'
import { coapCommand } from './coap.ts'
import { decodeCommand } from './decode.ts'
import { demoCommand } from './demo.ts'
import { encodeCommand } from './encode.ts'
import { exitCodes, leave, tolerateClosedOutput } from './exit.ts'
import { firmwareCommand } from './firmware.ts'
import { keysCommand } from './keys.ts'
import { objectsCommand } from './objects.ts'
import { serverCommand } from './server.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }

const program = new Command('lwm2m-rx')
  .description('LwM2M over CoAP: a device, a server, and the protocol in between.')
  .version(version)
  .enablePositionalOptions() // `objects show 3 --version 1.1` is not about us
  .addCommand(demoCommand())
  .addCommand(clientCommand())
  .addCommand(serverCommand())
  .addCommand(bootstrapServerCommand())
  .addCommand(coapCommand())
  .addCommand(decodeCommand())
  .addCommand(encodeCommand())
  .addCommand(firmwareCommand())
  .addCommand(keysCommand())
  .addCommand(objectsCommand())

/** Errors of usage are ours to answer, in every sub-command. */
const strict = (command: Command): void => {
  command.showHelpAfterError('(--help says more)').exitOverride()
  for (const sub of command.commands) strict(sub)
}
strict(program)

tolerateClosedOutput()
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  else leave(error)
}
