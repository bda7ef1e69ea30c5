/** A world of so many clients in a process of its own: says what one weighs. */
import { weightInWorld } from './registrations.ts'

process.stdout.write(JSON.stringify(weightInWorld(Number(process.argv[2]))))
