import { TestEnvironment } from 'jest-environment-node';

/**
 * In tests, `process` is a copy that emits no `exit` event. `processes.mts` needs the real one, to end the programs that
 * a test has started.
 */
export default class extends TestEnvironment {
	constructor(...args) {
		super(...args);
		this.global.outerProcess = process;
	}
}
