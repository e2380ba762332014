import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest gives tests a copy of `process` that is told nothing of the end. Whoever starts programs in a test needs the one
 * that is, so that they end with it: see `processes.mts`.
 */
export default class extends TestEnvironment {
	constructor(...given) {
		super(...given);
		this.global.outerProcess = process;
	}
}
