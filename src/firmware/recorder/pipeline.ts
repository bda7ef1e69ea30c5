/** The flight recorder as an operator over the journal. */
import { distinctUntilChanged, scan, type OperatorFunction } from 'rxjs'
import type { Turn } from '../../core/journal.ts'
import { recorder } from './recorder.ts'
import type { RecorderLimits, Recording } from './recording.ts'

/** What is known of every update after each turn that told something new. Unsubscribed, the journal costs nothing again. */
export const recorded = (limits: Partial<RecorderLimits> = {}): OperatorFunction<Turn, Recording> => {
  const { initial, record } = recorder(limits)
  return (turn$) => turn$.pipe(scan(record, initial), distinctUntilChanged())
}
