import { register } from 'tsx/esm/api';

// Jest transforms the tests, but loads this file and what it imports as Node.js does.
register();

export default async function setUp() {
	const lifecycle = await import('./lifecycle.mts');
	await lifecycle.setUp();
}
