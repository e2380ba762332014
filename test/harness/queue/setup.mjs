import { register } from 'tsx/esm/api';

// Jest transforms only the tests. This file and its imports are loaded by Node.js.
register();

export default async function setUp() {
	const lifecycle = await import('./lifecycle.mts');
	await lifecycle.setUp();
}
