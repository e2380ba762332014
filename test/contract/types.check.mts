/** Checked by the compiler only (`tsc -p test`): the handwritten wire types must match the contract. Nothing here runs. */
import type * as wire from '../../nodes/ModicaWhatsApp/api/types';
import type { components } from './generated.d.mts';

type Contract = components['schemas'];

/** Compiles only if every value of the first type belongs to the second. */
type Fits<Value extends Bound, Bound> = Value;

/** True only if the two types are identical. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Flattens intersections into one object type, so that types can be compared. */
type Flat<T> = T extends (infer Item)[] ? Flat<Item>[] : T extends object ? { [Key in keyof T]: Flat<T[Key]> } : T;

type Whole<T extends true> = T;

type ByType<Union, Type> = Extract<Union, { type: Type }>;

/** The contract's message with the recipient field that the package uses: always `to`, never `destination`. */
type SentTo<Message> = Flat<{ to: string } & Omit<Message, 'to' | 'destination'>>;

/** Requests must match the contract exactly: the same keys, types, and optional fields. */
export type Requests = [
	Whole<Same<Flat<ByType<wire.Message, 'text'>>, SentTo<Contract['MessageText']>>>,
	Whole<Same<Flat<ByType<wire.Message, 'media'>>, SentTo<Contract['MessageMedia']>>>,
	Whole<Same<Flat<ByType<wire.Message, 'template'>>, SentTo<Contract['MessageTemplate']>>>,
	Whole<Same<Flat<ByType<wire.Broadcast, 'text'>>, Flat<Contract['BroadcastMessageText']>>>,
	Whole<Same<Flat<ByType<wire.Broadcast, 'media'>>, Flat<Contract['BroadcastMessageMedia']>>>,
	Whole<Same<Flat<ByType<wire.Broadcast, 'template'>>, Flat<Contract['BroadcastMessageTemplate']>>>,
	Whole<Same<wire.MediaType, Contract['MediaContent']['type']>>,
	Whole<Same<wire.MediaMimeType, Contract['MediaMimeType']>>,
	Whole<Same<wire.MessageStatus, Contract['MessageStatus']>>,
];

/** Types of responses may be wider than the contract, never narrower. */
export type Responses = [Fits<Contract['APIError'], wire.ApiError>];
