// What the farm says of people, programs and members: crates/model/src/access.rs has it.
import type { Rank } from './types.ts';

export interface User {
  name: string;
  role: Rank;
  disabled: boolean;
  password: boolean;
  tokens: number;
  since: number;
}

export interface Token {
  id: number;
  of: string;
  kind: 'owner' | 'login' | 'api';
  name: string;
  role: Rank;
  made: number;
  expires?: number;
  used?: number;
}

export type MadeToken = Token & { secret: string };

export interface Member {
  name: string;
  state: 'pending' | 'member';
  services: string[];
  code?: string;
  taken: boolean;
  address: string;
  since: number;
  by?: string;
  expires?: number;
}

export interface JoinToken {
  id: string;
  services: string[];
  uses_left: number;
  expires: number;
  by: string;
}

export type MadeJoinToken = JoinToken & { text: string };

/** Servers of a subnet join through it without being asked about. */
export interface JoinWindow {
  id: number;
  subnet: string;
  services: string[];
  until: number;
  by: string;
}

export interface Deed {
  number: number;
  at: number;
  who: string;
  verb: string;
  object: string;
  from: string;
  outcome: string;
}

export interface Limit {
  name: string;
  amount?: number;
  per_host?: number;
  in_use: number;
}

export interface Share {
  name: string;
  weight: number;
  slots: number;
}

export interface PathRule {
  linux?: string;
  macos?: string;
  windows?: string;
}

export interface SetAside {
  host: string;
  job?: number | string;
  until: number;
  why: string;
}
