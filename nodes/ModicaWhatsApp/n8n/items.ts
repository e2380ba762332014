import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { Output } from '../operations/operation';
import type { Fields } from '../parameters/values';

/** One output item, paired to the input item that it came from. */
export function toItem({ item, json, binary }: Output): INodeExecutionData {
	return { json: toJson(json), ...(binary && { binary }), pairedItem: { item } };
}

/** What an item holds. n8n stores it as JSON, which is what its type stands for. */
export function toJson(fields: Fields): IDataObject {
	return fields as IDataObject;
}
