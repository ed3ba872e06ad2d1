// A garage: a script whose export can be called from other processes and machines, for as long as `caper serve` runs it.
declare const Far: <T extends object>(name: string, methods: T) => T;

export interface Car {
  drive(km: number): string;
}
export interface Order {
  build(): Car;
}
export interface Garage {
  order(colour: string): Order;
}

const makeCar = (colour: string): Car => {
  let total = 0;
  return Far("car", {
    drive(km: number): string {
      total += km;
      return `the ${colour} car has driven ${total} km`;
    },
  });
};

export const garage: Garage = Far("garage", {
  order: (colour: string) => Far("order", { build: () => makeCar(colour) }),
});
