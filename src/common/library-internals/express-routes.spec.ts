import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { routesOf } from './express-routes.js';

describe('routesOf', () => {
  const app = express();
  app.use((_request, _response, next) => {
    next();
  });
  app.get('/users/:id', (_request, response) => response.end());
  app.route('/roles').post((_request, response) => response.end());

  it('returns the routes of Express with their methods, without middleware', () => {
    expect(routesOf(app).map(({ methods }) => methods)).toEqual([['GET'], ['POST']]);
  });

  it('matches paths as Express does', () => {
    const [users] = routesOf(app);
    expect(users?.matches('/users/1')).toBe(true);
    expect(users?.matches('/users/1/roles')).toBe(false);
    expect(users?.matches('/users/%E0%A4%A')).toBe(false);
  });
});
