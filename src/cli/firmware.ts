/** `lwm2m-rx firmware …`: what one does with images and with updates, a file for each. */
import { Command } from 'commander'
import { explainCommand } from './firmware/explain.ts'
import { pullCommand } from './firmware/pull.ts'
import { pushCommand } from './firmware/push.ts'
import { signCommand } from './firmware/sign.ts'
import { verifyCommand } from './firmware/verify.ts'

/** Its sub-commands. */
const commands: readonly (() => Command)[] = [pullCommand, pushCommand, explainCommand, signCommand, verifyCommand]

/** The command. */
export const firmwareCommand = (): Command =>
  commands.reduce(
    (all, command) => all.addCommand(command()),
    new Command('firmware').description('Firmware: pull and push images, sign them, explain what became of an update'),
  )
