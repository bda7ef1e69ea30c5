/** The test kit, `lwm2m-rx/testing`: ladders, laws, arbitraries and replay; it imports no test runner. */
export { bareEnvironment, epochMs, loaded } from './bare.ts'
export { draw, ladderOf, type LaneName, type Recorded, type Seen } from './draw.ts'
export { differenceOf, equal, like, type Difference } from './equal.ts'
export { alone, ladder, type LadderOptions, type LadderSubject, type Lanes } from './ladder.ts'
export { drawLane, marblesOf, type Marble } from './marbles.ts'
export { hex, show } from './show.ts'
