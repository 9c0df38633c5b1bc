import { describe, expect, it } from '@jest/globals';
import { Socket } from 'node:net';
import pg from 'pg';
import { poolOptionsOf, socketOf } from './pg-socket.js';

describe('socketOf', () => {
  it('returns the socket of a client', () => {
    expect(socketOf(new pg.Client())).toBeInstanceOf(Socket);
  });
});

describe('poolOptionsOf', () => {
  it('contains the password, also when it is copied', () => {
    const options = poolOptionsOf(new pg.Pool({ user: 'service', password: 'secret' }));
    expect({ ...options }).toMatchObject({ user: 'service', password: 'secret' });
  });
});
