// A driver, in a process of its own: it is handed a car of the garage's, and calls it in place, as if the car were here.
import type { Car } from "./garage.ts";

declare const Far: <T extends object>(name: string, methods: T) => T;

export interface Driver {
  test(car: Car | Promise<Car>): Promise<string>;
}

export const driver: Driver = Far("driver", {
  // It is a promise: the car still has to be fetched.
  test: async (car: Car | Promise<Car>): Promise<string> => `the driver says that ${(await car).drive(5)}`,
});
