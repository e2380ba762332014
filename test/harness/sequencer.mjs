import { createRequire } from 'node:module';
import path from 'node:path';

// Jest's own sequencer, which only Jest depends on.
const jest = createRequire(createRequire(import.meta.url).resolve('jest'));
const { default: Sequencer } = createRequire(jest.resolve('@jest/core'))('@jest/test-sequencer');

/** The longest suites, in descending order of duration. */
const LONGEST = ['simulation/engine', 'trigger/properties', 'hostile/answers', 'node/mediaFaults', 'package/tarball', 'release/tarball', 'hostile/input', 'node/networks', 'parameters/splitText', 'hostile/growth', 'hostile/wire', 'simulator/controlPlane', 'parameters/markdown', 'docs/errors'];

/**
 * Starts the longest suites first, so that both cores are busy until the end. Jest knows how long they take only if it has run
 * before. In a fresh clone it starts the largest files first, and the longest suite is one of the smallest files.
 */
export default class extends Sequencer {
  sort(tests) {
    const rank = ({ path: file }) => {
      const place = LONGEST.findIndex((name) => file.endsWith(`${path.normalize(name)}.test.mts`));
      return place < 0 ? LONGEST.length : place;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
