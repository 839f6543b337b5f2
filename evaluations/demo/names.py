"""Given and family names common in Latin America; a person here is a random pair, not somebody."""

from random import Random

from evaluations.demo.randomness import pick

_GIVEN = """
Sofía Valentina Isabella Camila Lucía Martina Catalina Emilia Antonella Renata Ximena Fernanda Daniela Gabriela
Mariana Paula Julieta Abril Guadalupe Regina Antonia Josefa Florencia Agustina Micaela Pilar Inés Rocío Belén
Araceli Noemí Nahiara Begoña Mateo Santiago Sebastián Matías Nicolás Benjamín Joaquín Tomás Martín Lucas Emiliano
Leonardo Diego Samuel Daniel Adrián Julián Simón Andrés Agustín Vicente Maximiliano Cristóbal Gaspar Thiago Bautista
Facundo Iñaki Íñigo Raúl Óscar Ramón Ángel Héctor Rubén Álvaro
"""
GIVEN_NAMES = tuple(_GIVEN.split())
FIRST_PARTS = ("María", "José", "Juan", "Ana", "Luis", "Luz", "Carlos", "Rosa")
_FAMILY = """
González Rodríguez Martínez García López Hernández Pérez Sánchez Ramírez Torres Flores Rivera Gómez Díaz Cruz
Morales Reyes Gutiérrez Ortiz Ramos Ruiz Vargas Castillo Jiménez Mendoza Rojas Muñoz Núñez Peña Ibáñez Yáñez Ordóñez
Zúñiga Quiñones Saldaña Acuña Castañeda Cedeño Patiño Montaño Peñaloza Avendaño Bolaños Quispe Mamani Condori Huamán
Choque Huanca Chávez Espinoza Sepúlveda Contreras Fuentes Araya Tapia Riquelme Poblete Curihual Huenchumán Catrileo
Restrepo Jaramillo Londoño Ospina Arango Zuluaga Cárdenas Benítez Acosta Sosa Ferreyra Ledesma Villalba Paredes
Zambrano Vélez Cevallos Moreira Guamán Morocho Toapanta Quishpe Xicoténcatl Cuautle Tzompantzi Canché Balam Arévalo
Ávila Álvarez Águila Ñancupil Ñahui Müller Bianchi D'Alessandro
"""
FAMILY_NAMES = tuple(_FAMILY.split())
_PARTICLES = ("de la Cruz", "del Valle", "de los Ríos", "San Martín")
_COMPOUND_SHARE = 0.28
_PARTICLE_SHARE = 0.03


def given_name(rng: Random) -> str:
    """Return a given name, sometimes two: ``María Belén``."""
    name = pick(rng, GIVEN_NAMES)
    return f"{pick(rng, FIRST_PARTS)} {name}" if rng.random() < _COMPOUND_SHARE else name


def family_name(rng: Random) -> str:
    """Return two family names, the father's and the mother's: ``Núñez de la Cruz``."""
    return f"{_one_family_name(rng)} {_one_family_name(rng)}"


def _one_family_name(rng: Random) -> str:
    names = _PARTICLES if rng.random() < _PARTICLE_SHARE else FAMILY_NAMES
    return pick(rng, names)
