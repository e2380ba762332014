/**
 * Compared by the compiler alone (`tsc -p test`): the wire types written by hand must not
 * drift from the contract. Nothing here runs.
 */
import type * as wire from '../../nodes/ModicaWhatsApp/api/types';
import type { components } from './generated.d.mts';

type Contract = components['schemas'];

/** Compiles only when every value of the first type is one of the second. */
type Fits<Value extends Bound, Bound> = Value;

/** True only when the two types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** One flat object type, so that types written in pieces compare. */
type Flat<T> = T extends (infer Item)[] ? Flat<Item>[] : T extends object ? { [Key in keyof T]: Flat<T[Key]> } : T;

type Whole<T extends true> = T;

type ByType<Union, Type> = Extract<Union, { type: Type }>;

/** The contract's message with the recipient as the package sends it: always `to`, never `destination`. */
type SentTo<Message> = Flat<{ to: string } & Omit<Message, 'to' | 'destination'>>;

/** What is sent must be what the contract knows: the same keys, optional where it says so, of the same types. */
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

/** What comes back may be read more widely than the contract says, never more narrowly. */
export type Responses = [Fits<Contract['APIError'], wire.ApiError>];
