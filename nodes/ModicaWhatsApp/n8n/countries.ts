import type { INodePropertyOptions } from 'n8n-workflow';
import { listCountries } from '../parameters/country';

/** Returns the options of *Country of Local Numbers*. Loaded on demand, because the list is long. */
export async function getCountries(): Promise<INodePropertyOptions[]> {
	const countries = listCountries().map(({ country, name, callingCode }) => ({ name: `${name} (+${callingCode})`, value: country }));
	return await Promise.resolve([{ name: 'None (Reject Local Numbers)', value: '' }, ...countries]);
}
