/** Starts the Chromium of this machine. Nothing is downloaded, and the browser reaches no other machine. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, selectors, type Browser } from 'playwright-core';

/** What Chromium and its siblings are called where people install them by their system's own means. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const LAUNCH_TIMEOUT_MS = 120_000;

const ARGUMENTS = [
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// Nothing leaves this machine: the editor would ask the npm registry about the package, for one.
	'--no-proxy-server',
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

// n8n marks what its own tests look for in this way.
selectors.setTestIdAttribute('data-test-id');

/** @throws Error that says what to install, when there is no Chromium or Chrome. */
export async function launchChromium(): Promise<Browser> {
	const executablePath = process.env.CHROMIUM_PATH ?? onPath();
	try {
		return await chromium.launch({
			args: ARGUMENTS,
			timeout: LAUNCH_TIMEOUT_MS,
			// Without a path, Chrome from where its installer puts it.
			...(executablePath ? { executablePath } : { channel: 'chrome' }),
		});
	} catch (error) {
		const remedy = 'Install Chromium (on Debian and Ubuntu: apt-get install chromium) or Chrome, or name one in CHROMIUM_PATH.';
		throw new Error(`The browser did not start. ${remedy}\n${(error as Error).message}`);
	}
}

function onPath(): string | undefined {
	const folders = (process.env.PATH ?? '').split(path.delimiter);
	return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(existsSync);
}
