import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container } from '@n8n/di';
import type { BinaryDataService } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeParameters,
	INodeType,
	INodeTypes,
	Workflow,
	WorkflowParameters,
} from 'n8n-workflow';
import { ModicaWhatsAppApi } from '../../../credentials/ModicaWhatsAppApi.credentials.ts';

/** n8n-core with a user folder of its own. */
export interface Core {
	readonly core: typeof import('n8n-core');
	readonly workflow: typeof import('n8n-workflow');
	readonly binaryData: BinaryDataService;
	/** Where n8n keeps binary data, unless in memory. */
	readonly folder: string;
	stop(): void;
}

/**
 * Loads n8n-core, which reads its settings from the environment when it is loaded, so never at the top of a file.
 * @param binaryMode where n8n keeps files: on disk, its default, or in memory, the default of its first generation
 */
export async function loadCore(binaryMode: 'filesystem' | 'memory' = 'filesystem'): Promise<Core> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-core-'));
	process.env.N8N_USER_FOLDER = folder;
	process.env.N8N_ENCRYPTION_KEY = 'key-of-the-tests';
	process.env.N8N_DEFAULT_BINARY_DATA_MODE = binaryMode === 'memory' ? 'default' : 'filesystem';
	const core = await import('n8n-core');
	const workflow = await import('n8n-workflow');
	const binaryData = Container.get(core.BinaryDataService);
	if (binaryMode === 'filesystem') await binaryData.init();
	else Object.assign(binaryData, { mode: 'default' });
	return { core, workflow, binaryData, folder, stop: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A workflow of one node. */
export function workflowOf(
	{ workflow }: Core,
	type: INodeType,
	{ parameters, onError, ...settings }: { parameters: INodeParameters; onError?: 'continueErrorOutput' | 'continueRegularOutput' | undefined } & Pick<WorkflowParameters, 'id' | 'active' | 'settings'>,
): Workflow {
	const { displayName, name } = type.description;
	const nodeTypes = { getByName: () => type, getByNameAndVersion: () => type, getKnownTypes: () => ({}) } as INodeTypes;
	return new workflow.Workflow({
		nodes: [
			{
				id: 'node-1',
				name: displayName,
				type: `n8n-nodes-modica-whatsapp.${name}`,
				typeVersion: 1,
				position: [0, 0],
				parameters,
				credentials: { modicaWhatsAppApi: { id: '1', name: 'Modica' } },
				...(onError && { onError }),
			},
		],
		connections: {},
		nodeTypes,
		...settings,
	});
}

/**
 * What n8n reads from its database. Authentication itself is the credential class's own.
 * @param decrypt gives the credential each time that n8n decrypts it; throws when it cannot
 */
export function credentialsHelper(decrypt: () => ICredentialDataDecryptedObject) {
	const type: ICredentialType = new ModicaWhatsAppApi();
	return {
		getParentTypes: () => [],
		isCredentialUsableByNode: () => true,
		getDecrypted: async () => await Promise.resolve({ ...decrypt() }),
		preAuthentication: async () => await Promise.resolve(undefined),
		authenticate: async (decrypted: ICredentialDataDecryptedObject, _type: string, request: IHttpRequestOptions) => {
			if (typeof type.authenticate !== 'function') throw new Error('The credential has no authenticate function');
			return await type.authenticate(decrypted, request);
		},
	};
}
