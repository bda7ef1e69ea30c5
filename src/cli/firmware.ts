/** `lwm2m-rx firmware …`: what one does with images and with updates, a file for each. */
import { Command } from 'commander'
import { signCommand } from './firmware/sign.ts'
import { verifyCommand } from './firmware/verify.ts'

/** Its sub-commands. */
const commands: readonly (() => Command)[] = [signCommand, verifyCommand]

/** The command. */
export const firmwareCommand = (): Command =>
  commands.reduce(
    (all, command) => all.addCommand(command()),
    new Command('firmware').description('Firmware: sign images, look into packages'),
  )
