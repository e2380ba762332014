/** Ends what `setup.mjs` started: the same process, and so the same module. */
export default async function tearDown() {
	const lifecycle = await import('./lifecycle.mts');
	await lifecycle.tearDown();
}
