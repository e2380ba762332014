/** Stops what `setup.mjs` started. Both run in the same process and share the module. */
export default async function tearDown() {
	const lifecycle = await import('./lifecycle.mts');
	await lifecycle.tearDown();
}
