import { ModicaClient, type ClientSettings } from '../../nodes/ModicaWhatsApp/api/client';
import type { Http } from '../../nodes/ModicaWhatsApp/api/exchange';
import { Secrets } from '../../nodes/ModicaWhatsApp/api/secrets';
import { clock } from '../../nodes/ModicaWhatsApp/n8n/clock';
import { LINK_SECRET } from '../../nodes/ModicaWhatsApp/n8n/links';
import { parseBaseUrl } from '../../nodes/ModicaWhatsApp/parameters/url';

interface Given extends Partial<Omit<ClientSettings, 'secrets'>> {
	username?: string;
	password?: string;
}

/** A client as the nodes create it, with the test's overrides. */
export function clientOf(http: Http, { baseUrl = 'https://api.example.com/rest/wab/v1', username, password, ...settings }: Given = {}): ModicaClient {
	const secrets = new Secrets(username, password, LINK_SECRET);
	return new ModicaClient(http, { baseUrl: parseBaseUrl(baseUrl), clock, secrets, ...settings });
}
