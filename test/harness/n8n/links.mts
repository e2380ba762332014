/** n8n's signed links to binary data. */
import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The link as n8n would have created it 25 hours ago with a validity of one hour: correctly signed, and expired.
 * @param userFolder the user folder of the n8n that created the link, which contains its key
 */
export async function expiredLink(link: string, userFolder: string): Promise<string> {
	const url = new URL(link);
	const [header = '', payload = ''] = (url.searchParams.get('token') ?? '').split('.');
	const config = JSON.parse(await readFile(path.join(userFolder, '.n8n', 'config'), 'utf8')) as { encryptionKey: string };
	const secret = createHash('sha256').update(`url-signing:${config.encryptionKey}`).digest('base64');
	const sign = (content: string) => `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
	// Verifies with the original link that n8n still signs in this way.
	if (sign(`${header}.${payload}`) !== url.searchParams.get('token')) throw new Error('n8n now signs its links differently');

	const { id, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { id: string; iat: number };
	const past = { id, iat: iat - 90_000, exp: iat - 86_400 };
	url.searchParams.set('token', sign(`${header}.${Buffer.from(JSON.stringify(past)).toString('base64url')}`));
	return url.href;
}
