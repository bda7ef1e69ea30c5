/** The test kit, `lwm2m-rx/testing`: ladders, laws, arbitraries and replay; it imports no test runner. */
import * as made from './arbitraries.ts'

/** Made-up values for fast-check. */
export const arbitraries: typeof made = made
export { bareEnvironment, epochMs, loaded } from './bare.ts'
export { draw, ladderOf, type DrawOptions, type LaneName, type Recorded, type Seen } from './draw.ts'
export { differenceOf, equal, like, type Difference } from './equal.ts'
export { fuzz, requestsFor, textOf, type Exchanged, type FuzzOptions, type RequestParts, type RequestSketch } from './fuzz.ts'
export { alone, ladder, type LadderOptions, type LadderSubject, type Lanes } from './ladder.ts'
export { laws, type Law, type LawOptions } from './laws.ts'
export { layerLaws, type AnyLayerPart, type LayerLawOptions } from './layer-laws.ts'
export { drawLane, marblesOf, type Marble } from './marbles.ts'
export { play, scripts, type Answers, type Script, type ScriptStep, type Wait } from './script.ts'
export { recordingOf, replay, replayCommand, replaysAlike, replayVariable, type Recording } from './replay.ts'
export { examine, type ExamineOptions } from './examine.ts'
export { hex, show } from './show.ts'
export { isPlain, octetsOf } from './size.ts'
